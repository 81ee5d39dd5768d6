import { expect, it } from 'vitest';
import { modelLines } from './announce.mjs';

it('says who answers, and how to change that', () => {
  expect(modelLines({ BERTH_MODEL: 'scripted' }).join(' ')).toMatch(/scripted model.*add a key under Settings.*ANTHROPIC_API_KEY/);
  expect(modelLines({}).join(' ')).toMatch(/Anthropic, with your ANTHROPIC_API_KEY/);
});
