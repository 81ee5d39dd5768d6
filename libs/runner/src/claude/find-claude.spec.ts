import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { findClaude, platformPackages } from './find-claude.js';

describe('platformPackages', () => {
  it('names one package a platform, and on Linux the one of its C library first', () => {
    expect(platformPackages('darwin', 'arm64')).toEqual(['@anthropic-ai/claude-agent-sdk-darwin-arm64']);
    expect(platformPackages('linux', 'x64', 'musl')[0]).toBe('@anthropic-ai/claude-agent-sdk-linux-x64-musl');
    expect(platformPackages('linux', 'x64', 'glibc')[0]).toBe('@anthropic-ai/claude-agent-sdk-linux-x64');
  });
});

describe('findClaude', () => {
  it('finds a program that runs', () => {
    const found = findClaude();
    if ('failure' in found) throw new Error(found.failure);
    expect(found.path).toBe(`${found.folder}/claude`);
    expect(found).toEqual(findClaude());
    expect(spawnSync(found.path, ['--version'], { encoding: 'utf8' }).stdout).toContain('Claude Code');
  });

  it('says what to do where it is not installed', () => {
    const missing = platformPackages('plan9', 'mips');
    expect(findClaude(missing)).toEqual({
      failure: expect.stringMatching(
        /claude-agent-sdk-plan9-mips is missing; install the dependencies again .*npm ci --include=optional/,
      ) as string,
    });
  });
});
