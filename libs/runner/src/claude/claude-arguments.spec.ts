import { describe, expect, it } from 'vitest';
import { claudeArguments } from './claude-arguments.js';

const id = '019ace5e-0000-7000-8000-000000000001';

describe('claudeArguments', () => {
  it('starts a conversation under the given id, with the mode spelled out', () => {
    expect(claudeArguments({ conversation: { start: id }, permissionMode: 'manual' })).toEqual([
      '--session-id',
      id,
      '--permission-mode',
      'manual',
    ]);
  });

  it('T2: resumes one; the model stays one argument whatever is in it', () => {
    const model = 'opus; touch pwned';
    expect(claudeArguments({ conversation: { resume: id }, permissionMode: 'plan', model })).toEqual([
      ...['--resume', id, '--permission-mode', 'plan'],
      ...['--model', model],
    ]);
  });
});
