import { describe, expect, it } from 'vitest';
import { commandLine, endWords, shortPath, statusOfSession, stopWords } from './session-words.js';

const run = { epoch: 1, host: null } as const;

describe('a session in words', () => {
  it('has a status, and says that it is about to end', () => {
    expect(statusOfSession({ status: 'running', run: { ...run, state: 'running' } })).toEqual({ words: 'Running', tone: 'good' });
    expect(statusOfSession({ status: 'running', run: { ...run, state: 'closing' } })).toEqual({ words: 'Ending', tone: 'wait' });
  });

  it('says why it stopped, and nothing of an older run while it waits for the next', () => {
    const ended = { ...run, state: 'closed', closeReason: 'exited', exitCode: 3 } as const;
    expect(stopWords({ status: 'closed', run: ended })).toBe('the program ended (exit code 3)');
    expect(stopWords({ status: 'running', run: ended })).toBeUndefined();
    expect(endWords({ epoch: 1, state: 'closed', closeReason: 'oom', exitCode: 137 })).toBe('it ran out of memory');
    expect(endWords({ epoch: 1, state: 'running' })).toBeUndefined();
  });

  it('shows where one argument ends and the next begins', () => {
    expect(commandLine(['bash', '-l'])).toBe('bash -l');
    expect(commandLine(['sh', '-c', 'echo "a b"', ''])).toBe('sh -c "echo \\"a b\\"" ""');
  });

  it.each([
    ['/srv', '/srv'],
    ['/srv/work', '/srv/work'],
    ['/home/team/projects/berth', '…/projects/berth'],
  ])('shortens %s to %s', (path, short) => {
    expect(shortPath(path)).toBe(short);
  });
});
