import { describe, expect, it } from 'vitest';
import { worthShowing } from './app-output.mjs';

describe('what an operator sees of a log', () => {
  it('shows warnings and worse in words', () => {
    expect(worthShowing('{"level":40,"msg":"fenced"}')).toBe('warning: fenced');
    expect(worthShowing('{"level":"warn","msg":"fenced"}')).toBe('warning: fenced');
    expect(worthShowing('{"level":50,"msg":"failed","err":{"message":"no disk"}}')).toBe('error: failed: no disk');
  });

  it('keeps what is usual in the file', () => {
    expect(worthShowing('{"level":30,"msg":"listening"}')).toBeUndefined();
    expect(worthShowing('{"level":"info","msg":"listening"}')).toBeUndefined();
    expect(worthShowing('')).toBeUndefined();
  });

  it('shows what is no log entry as it is', () => {
    expect(worthShowing('Error: boom')).toBe('Error: boom');
    expect(worthShowing('{ not json')).toBe('{ not json');
  });
});
