import { describe, expect, it } from 'vitest';
import { baseUrlProblem } from './base-url-rule.js';

describe('the address of a model service', () => {
  it.each([
    ...[
      'https://api.anthropic.com',
      'https://model.example:8443/anthropic',
      'https://1.1.1.1',
      'https://10.0.0.7',
      'https://[2606:4700::1111]',
    ],
    ...[
      'http://localhost:11434',
      'http://127.0.0.1:8000/v1',
      'http://[::1]:8000',
      'http://10.1.2.3',
      'http://172.31.0.1',
      'http://192.168.1.20',
    ],
    ...[
      'http://100.101.102.103',
      'http://[fd12:3456::1]',
      'http://ollama:11434',
      'http://gpu.local',
      'http://gpu.lan',
      'http://host.docker.internal',
    ],
    ...['http://nas.home.arpa', 'http://[::ffff:192.168.1.20]'],
  ])('may be %s', (url) => {
    expect(baseUrlProblem(url)).toBeUndefined();
  });

  it.each([
    'http://api.anthropic.com',
    'http://1.1.1.1',
    'http://172.32.0.1',
    'http://192.169.0.1',
    'http://10.evil.example',
    'http://localhost.evil.example',
    'http://[2606:4700::1111]',
    'http://[::ffff:1.1.1.1]',
    'http://model.internal.example',
  ])('would show the token to the internet at %s', (url) => {
    expect(baseUrlProblem(url)).toMatch(/https/);
  });

  it.each([
    ...[
      '169.254.169.254',
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '169.254.170.2',
      '[fe80::1]',
      '[::ffff:169.254.169.254]',
      '0.0.0.0',
      '0',
      '[::]',
    ],
    ...[
      '224.0.0.1',
      '255.255.255.255',
      '100.100.100.200',
      '[fd00:ec2::254]',
      '[ff02::1]',
      'metadata.google.internal',
      'metadata.google.internal.',
    ],
    ...['METADATA', 'instance-data'],
  ])('is never %s, by any scheme', (host) => {
    for (const scheme of ['http', 'https']) expect(baseUrlProblem(`${scheme}://${host}/latest`), scheme).toMatch(/metadata/);
  });
});
