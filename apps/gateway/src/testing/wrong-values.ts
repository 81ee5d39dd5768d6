type Schema = Record<string, unknown>;

/** What must not reach a statement, a path or a shell where a pattern says that it cannot be meant. */
const HOSTILE = ["' OR 1=1 --", '../etc/passwd', '$(touch pwned)', 'a\u0000b'];

const LONG = (length: number): string => 'x'.repeat(length);

function wrongStrings(schema: Schema): unknown[] {
  const { minLength, maxLength, pattern, format } = schema as { minLength?: number; maxLength?: number; pattern?: string; format?: string };
  return [
    ...(minLength === undefined || minLength === 0 ? [] : [LONG(minLength - 1)]),
    ...(maxLength === undefined ? [] : [LONG(maxLength + 1)]),
    ...(pattern === undefined ? [] : HOSTILE.filter((text) => !new RegExp(pattern).test(text))),
    ...(format === undefined ? [] : ['no such format']),
  ];
}

function wrongNumbers(schema: Schema): unknown[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>;
  return [
    1.5,
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(exclusiveMinimum === undefined ? [] : [exclusiveMinimum]),
    ...(exclusiveMaximum === undefined ? [] : [exclusiveMaximum]),
  ];
}

function wrongArrays(schema: Schema): unknown[] {
  const { minItems, maxItems, items } = schema as { minItems?: number; maxItems?: number; items?: Schema };
  return [
    ...(minItems === undefined || minItems === 0 ? [] : [[]]),
    ...(maxItems === undefined ? [] : [Array<string>(maxItems + 1).fill('x')]),
    ...(items === undefined ? [] : wrongValues(items).map((value) => [value])),
  ];
}

/** Values that a JSON schema refuses: of every other type, and just outside of each of its bounds. */
export function wrongValues(schema: Schema): unknown[] {
  const others: [type: string, value: unknown][] = [
    ['string', 'text'],
    ['integer', 7],
    ['boolean', true],
    ['array', []],
    ['object', {}],
    ['null', null],
  ];
  if ('const' in schema || 'enum' in schema) return ['no such value', '', ...others.slice(1).map(([, value]) => value)];
  const type = schema['type'] === 'number' ? 'integer' : schema['type'];
  const bounds =
    type === 'string' ? wrongStrings(schema) : type === 'integer' ? wrongNumbers(schema) : type === 'array' ? wrongArrays(schema) : [];
  return [...others.filter(([name]) => name !== type).map(([, value]) => value), ...bounds];
}
