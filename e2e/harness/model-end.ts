import { request } from 'node:http';
import { eventually } from './eventually.js';
import { environmentOf, withVariable } from './process-table.js';

/** How a session's programs reach their model: what anybody finds who looks at their environment. */
export interface ModelEnd {
  socketPath: string;
  token: string;
}

/** Counts of one answer, in the words of the Messages API. */
export interface AnswerUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

export interface ModelAnswer {
  /** Of the answer; undefined: the connection was cut before there was one. */
  status: number | undefined;
  usage?: AnswerUsage;
}

/** Looks into the processes of a session that runs now. */
export async function modelEndOf(sessionId: string): Promise<ModelEnd> {
  const [process] = await eventually(
    () => {
      const found = withVariable('BERTH_SESSION_ID', sessionId);
      return found.length > 0 && found;
    },
    { what: `a process of ${sessionId} runs` },
  );
  const environment = new Map(
    environmentOf(process?.pid ?? 0)
      .split('\0')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const [socketPath, token] = [environment.get('ANTHROPIC_UNIX_SOCKET'), environment.get('ANTHROPIC_AUTH_TOKEN')];
  if (socketPath === undefined || token === undefined) throw new Error(`the processes of ${sessionId} have no way to a model`);
  return { socketPath, token };
}

/** One model call, as the session's programs make it, from outside of the session: nothing that ends the session ends it. */
export function askModel({ socketPath, token }: ModelEnd, prompt: string): Promise<ModelAnswer> {
  return new Promise((resolve) => {
    const call = request(
      {
        socketPath,
        path: '/v1/messages?beta=true',
        method: 'POST',
        headers: { host: 'model.session.internal', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        const { statusCode: status } = response;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve({ status: undefined }));
        response.on('end', () => {
          const { usage } = JSON.parse(Buffer.concat(chunks).toString()) as { usage?: AnswerUsage };
          resolve({ status, ...(usage ? { usage } : {}) });
        });
      },
    );
    call.on('error', () => resolve({ status: undefined }));
    call.end(JSON.stringify({ model: 'claude-test', max_tokens: 100, messages: [{ role: 'user', content: prompt }] }));
  });
}
