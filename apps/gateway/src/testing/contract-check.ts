import { Problem } from '@berth/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Operation {
  responses: Record<string, { content?: Record<string, unknown> }>;
}

/** The served description of the interface, as far as answers are held against it. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
}

/** One answer as it came: `body` is parsed JSON, else bytes; undefined when there is none. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

const pointer = (...parts: string[]): string =>
  `openapi#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** Holds REST answers against the document that the gateway serves. */
export class ContractCheck {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: OpenApiDocument) {
    formats.default(this.ajv);
    this.ajv.addSchema(document, 'openapi');
  }

  /** Throws when the answer is none that the document promises for this call. */
  check(method: string, path: string, answer: Answer): void {
    const call = `${method} ${path} ${String(answer.status)}`;
    const template = this.templateOf(path);
    const operation = template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    if (template === undefined || operation === undefined) {
      if (answer.status >= 400) Problem.parse(answer.body);
      return;
    }
    const response = operation.responses[String(answer.status)];
    if (response === undefined) throw new Error(`${call} is not described: ${JSON.stringify(answer.body)}`);
    this.checkBody(
      call,
      response.content,
      answer,
      pointer('paths', template, method.toLowerCase(), 'responses', String(answer.status), 'content'),
    );
  }

  private checkBody(call: string, content: Record<string, unknown> | undefined, { headers, body }: Answer, reference: string): void {
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    if (content === undefined) {
      if (body !== undefined) throw new Error(`${call} has a body that is not described`);
      return;
    }
    if (!(type in content)) throw new Error(`${call} comes as "${type}", which is not described`);
    if (!type.endsWith('json')) return;
    const validate = this.validator(`${reference}/${encodeURIComponent(type.replaceAll('/', '~1'))}/schema`);
    if (!validate(body)) throw new Error(`${call} is not as described: ${this.ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`);
  }

  private validator(reference: string): ValidateFunction {
    const known = this.validators.get(reference) ?? this.ajv.compile({ $ref: reference });
    this.validators.set(reference, known);
    return known;
  }

  private templateOf(path: string): string | undefined {
    const bare = path.split('?')[0] ?? path;
    const parts = bare.split('/');
    const fits = Object.keys(this.document.paths).filter((template) => {
      const wanted = template.split('/');
      return wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i]);
    });
    return fits.find((template) => template === bare) ?? fits[0];
  }
}
