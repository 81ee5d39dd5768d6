import { parseSync } from 'vite';

/** 1-based line of an offset, from the offsets at which lines start. */
function lineAt(starts, offset) {
  let low = 0;
  for (let high = starts.length; low < high;) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* nodesOf(node) {
  if (Array.isArray(node)) {
    for (const each of node) yield* nodesOf(each);
  } else if (node && typeof node === 'object') {
    if (typeof node.type === 'string') yield node;
    for (const value of Object.values(node)) if (value && typeof value === 'object') yield* nodesOf(value);
  }
}

const isEnv = (node) => node.type === 'MemberExpression' && node.object?.name === 'process' && propertyName(node) === 'env';

function propertyName(node) {
  if (!node.computed) return node.property?.name;
  return node.property?.type === 'Literal' ? String(node.property.value) : undefined;
}

/** The names that a member can have: one that is spelt out, or both of a choice between two; none when it is computed otherwise. */
function possibleNames(node) {
  const choice = node.computed && node.property?.type === 'ConditionalExpression' ? node.property : undefined;
  const literals = choice ? [choice.consequent, choice.alternate] : [];
  if (literals.length > 0 && literals.every(({ type }) => type === 'Literal')) return literals.map(({ value }) => String(value));
  const name = propertyName(node);
  return name === undefined ? [] : [name];
}

/** Where `process.env` is used; `names` are the variables when they are spelt out there. */
function environmentReads(program, line) {
  const named = new Map();
  const reads = [];
  for (const node of nodesOf(program)) {
    if (node.type === 'MemberExpression' && isEnv(node.object)) named.set(node.object.start, possibleNames(node));
    if (isEnv(node)) reads.push({ line: line(node.start), names: named.get(node.start) ?? [] });
  }
  return reads;
}

function importsOf(module, text, line) {
  const statics = module.staticImports.map((each) => ({
    specifier: each.moduleRequest.value,
    line: line(each.start),
    typeOnly: each.entries.length > 0 && each.entries.every((entry) => entry.isType),
  }));
  const exports = module.staticExports.flatMap((each) =>
    each.entries
      .filter((entry) => entry.moduleRequest)
      .map((entry) => ({ specifier: entry.moduleRequest.value, line: line(each.start), typeOnly: entry.isType })),
  );
  const dynamics = module.dynamicImports.flatMap((each) => {
    const literal = /^(['"`])([^'"`$]+)\1$/.exec(text.slice(each.moduleRequest.start, each.moduleRequest.end));
    return literal ? [{ specifier: literal[2], line: line(each.start), typeOnly: false }] : [];
  });
  return [...statics, ...exports, ...dynamics];
}

/**
 * What the checks need of one source file: `{ path, lines, imports: [{ specifier, line, typeOnly }], environmentReads: [{ line, names }] }`.
 * @param {string} path from the root, with slashes
 */
export function readSource(path, text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const line = (offset) => lineAt(starts, offset);
  const { module, program } = parseSync(path, text);
  return {
    path,
    lines: text.endsWith('\n') ? starts.length - 1 : starts.length,
    imports: importsOf(module, text, line),
    environmentReads: text.includes('process') ? environmentReads(program, line) : [],
  };
}
