const README_LINES = [10, 40];

function declarations({ root, projects }) {
  return [root, ...projects].flatMap((project) =>
    Object.entries({ ...project.dependencies, ...project.devDependencies, ...project.optionalDependencies }).map(([name, version]) => ({
      name,
      version,
      file: project.folder === '.' ? 'package.json' : `${project.folder}/package.json`,
    })),
  );
}

/** A package asked for in two versions, or in a range: what was tested is what is installed. */
export function checkVersions(workspace) {
  const own = new Set(workspace.projects.map(({ name }) => name));
  const first = new Map();
  return declarations(workspace).flatMap(({ name, version, file }) => {
    if (own.has(name)) {
      return version === '*'
        ? []
        : [{ file, line: 1, message: `asks for ${name}@${version}`, hint: 'projects of this workspace are asked for as "*"' }];
    }
    if (!/^\d/.test(version)) return [{ file, line: 1, message: `asks for ${name}@${version}`, hint: 'pin one exact version' }];
    const other = first.get(name);
    if (!other) first.set(name, { version, file });
    return other && other.version !== version
      ? [
          {
            file,
            line: 1,
            message: `asks for ${name}@${version}, but ${other.file} for ${other.version}`,
            hint: 'use one version everywhere',
          },
        ]
      : [];
  });
}

/** TypeScript builds what is referenced and Nx what is depended on: they must agree. */
export function checkReferences({ root, projects }) {
  const unchecked = projects
    .filter(({ folder, references }) => references && !root.references?.includes(folder))
    .map(({ folder }) => ({
      file: 'tsconfig.json',
      line: 1,
      message: `does not reference ${folder}`,
      hint: 'add it to "references", or nobody checks its types',
    }));
  const disagreeing = projects.flatMap((project) => {
    if (!project.references) return [];
    const needed = Object.keys({ ...project.dependencies, ...project.devDependencies }).flatMap((name) => {
      const target = projects.find((each) => each.name === name);
      return target?.references ? [target.folder] : [];
    });
    const file = `${project.folder}/tsconfig.json`;
    const missing = needed.filter((folder) => !project.references.includes(folder));
    const extra = project.references.filter((folder) => !needed.includes(folder));
    return [
      ...missing.map((folder) => ({
        file,
        line: 1,
        message: `does not reference ${folder}, on which package.json depends`,
        hint: 'add it to "references"',
      })),
      ...extra.map((folder) => ({
        file,
        line: 1,
        message: `references ${folder}, on which package.json does not depend`,
        hint: 'remove it, or declare the dependency',
      })),
    ];
  });
  return [...unchecked, ...disagreeing];
}

/** Every library and app says what it is in a README of 10 to 40 lines. */
export function checkReadmes({ projects }) {
  const [least, most] = README_LINES;
  return projects
    .filter(({ folder }) => /^(libs|apps)\//.test(folder))
    .flatMap(({ folder, readmeLines }) => {
      const hint = `write ${least} to ${most} lines: what it is, its one diagram or table, its import rule`;
      const file = `${folder}/README.md`;
      if (readmeLines === undefined) return [{ file, line: 1, message: 'is missing', hint }];
      return readmeLines < least || readmeLines > most ? [{ file, line: 1, message: `has ${readmeLines} lines`, hint }] : [];
    });
}
