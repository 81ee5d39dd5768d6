/** Who may depend on whom: layers point down, adapters meet only in an app, or in an assembly that several apps use. */
const MAY_USE = {
  'layer:protocol': [],
  'layer:support': ['layer:protocol'],
  'layer:session': ['layer:protocol'],
  'layer:client': ['layer:protocol'],
  'layer:testing': ['layer:protocol', 'layer:session'],
  'layer:adapter': ['layer:protocol', 'layer:session'],
  'layer:assembly': ['layer:protocol', 'layer:session', 'layer:adapter'],
  'layer:app': ['layer:protocol', 'layer:session', 'layer:client', 'layer:adapter', 'layer:assembly', 'layer:support'],
  'layer:e2e': ['layer:protocol', 'layer:session', 'layer:client', 'layer:adapter', 'layer:assembly', 'layer:support', 'layer:testing'],
};

const BROWSER = 'platform:browser';
/** A stand-in that ships as well: specs of every project may use it. */
const DOUBLE = 'double';
const layerOf = (project) => project.tags.find((tag) => tag.startsWith('layer:'));

/** Dependencies between projects that their `nx.tags` do not allow. */
export function checkLayers({ projects }) {
  const violations = [];
  for (const project of projects) {
    const file = `${project.folder}/package.json`;
    const layer = layerOf(project);
    if (!MAY_USE[layer]) {
      const known = Object.keys(MAY_USE).join(', ');
      violations.push({ file, line: 1, message: `${project.name} has no known layer tag`, hint: `give it one of nx.tags ${known}` });
      continue;
    }
    const used = [
      ...Object.keys(project.dependencies).map((name) => ({ name, allowed: MAY_USE[layer] })),
      ...Object.keys(project.devDependencies).map((name) => ({ name, allowed: [...MAY_USE[layer], 'layer:testing', DOUBLE] })),
    ];
    for (const { name, allowed } of used) {
      const target = projects.find((each) => each.name === name);
      if (!target) continue;
      if (!target.tags.some((tag) => allowed.includes(tag))) {
        const hint =
          allowed.length > 0 ? `it may use ${allowed.join(', ')}; adapters meet in an app's module` : 'it may use no other project';
        violations.push({ file, line: 1, message: `${project.name} (${layer}) depends on ${name} (${layerOf(target)})`, hint });
      }
      if (project.tags.includes(BROWSER) && name in project.dependencies && !target.tags.includes(BROWSER)) {
        violations.push({
          file,
          line: 1,
          message: `${project.name} runs in browsers but depends on ${name}, which does not`,
          hint: 'depend on browser-safe projects alone',
        });
      }
    }
  }
  return violations;
}
