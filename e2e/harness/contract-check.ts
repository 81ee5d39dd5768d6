import { Problem } from '@berth/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Operation {
  responses: Record<string, { content?: Record<string, unknown> }>;
}

/** The served description of the interface. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** One answer as it came. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON, bytes, or undefined when there is no body. */
  body: unknown;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Pointer into the document: `/` and `~` are escaped in each part. */
const pointer = (...parts: string[]): string =>
  `openapi#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** Holds every REST answer against the document that the gateway serves. */
export class ContractCheck {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(readonly document: OpenApi) {
    formats.default(this.ajv);
    this.ajv.addSchema(document, 'openapi');
  }

  /** Every call of the document. */
  operations(): { method: string; path: string }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path })),
    );
  }

  /** Throws when the answer is none that the document promises for this call. */
  check(method: string, path: string, answer: Answer): void {
    const name = `${method} ${path} ${answer.status}`;
    const template = this.templateOf(path);
    const operation = template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    if (template === undefined || !operation) {
      if (path.startsWith('/v1/') && answer.status >= 400) Problem.parse(answer.body);
      return;
    }
    const response = operation.responses[String(answer.status)];
    if (!response) throw new Error(`${name} is not described: ${JSON.stringify(answer.body)}`);
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    if (!response.content) {
      if (answer.body !== undefined) throw new Error(`${name} has a body that is not described`);
      return;
    }
    if (!response.content[type]) throw new Error(`${name} comes as ${type}, which is not described`);
    if (!type.endsWith('json')) return;
    const validate = this.validatorAt(
      pointer('paths', template, method.toLowerCase(), 'responses', String(answer.status), 'content', type, 'schema'),
    );
    if (!validate(answer.body))
      throw new Error(`${name} is not as described: ${this.ajv.errorsText(validate.errors)}\n${JSON.stringify(answer.body)}`);
  }

  private validatorAt(reference: string): ValidateFunction {
    const known = this.validators.get(reference);
    if (known) return known;
    const made = this.ajv.compile({ $ref: reference });
    this.validators.set(reference, made);
    return made;
  }

  private templateOf(path: string): string | undefined {
    const bare = path.split('?')[0] ?? path;
    const parts = bare.split('/');
    const matches = Object.keys(this.document.paths).filter((template) => {
      const wanted = template.split('/');
      return wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i]);
    });
    return matches.find((template) => template === bare) ?? matches[0];
  }
}
