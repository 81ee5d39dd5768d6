import { VIEWER_WINDOW } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { ByteClient } from './testing/byte-client.js';
import { byteLab } from './testing/byte-lab.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const lab = byteLab();

/** The log has lost what is before `start`; the host has taken a screen at `at`. */
function trim(start: number, at: number): void {
  lab.session.logStart = start;
  lab.session.screen = { offset: at, cols: 80, rows: 24, serialized: Buffer.from(`\u0018\u001bcscreen at ${String(at)}`), losses: [] };
}

/** GAP and SCREEN frames, in order, and the first OUTPUT behind each SCREEN. */
function story({ frames }: ByteClient): string[] {
  const told: string[] = [];
  for (const [index, frame] of frames.entries()) {
    if (frame.type === 'gap') told.push(`gap ${String(frame.from)}-${String(frame.to)} ${frame.reason}`);
    if (frame.type !== 'screen') continue;
    const next = frames.slice(index + 1).find(({ type }) => type === 'output');
    told.push(`screen ${String(frame.offset)}, output ${next?.type === 'output' ? String(next.offset) : 'none'}`);
  }
  return told;
}

describe('a viewer of what the log no longer has', () => {
  it('gets a screen while the run lives, then what follows it, byte by byte', async () => {
    const run = await lab.session.claim({ ringBytes: 256 * KIB });
    run.emit(6 * MIB);
    trim(4 * MIB, 5 * MIB);
    const client = lab.connect();
    await client.attach();
    await client.reaches(run.head);
    run.emit(1000);
    await client.reaches(run.head);
    expect(story(client)).toEqual([`gap 0-${5 * MIB} pruned`, `screen ${5 * MIB}, output ${5 * MIB}`]);
    expect(client.received).toBe(MIB + 1000);
    await waitFor(() => run.acked === run.head, 5_000, 'the host hears of it');
  });

  it('gets it when it comes back to a run that has gone far meanwhile, and nothing of the kind when it has not', async () => {
    const run = await lab.session.claim({ ringBytes: 256 * KIB });
    run.emit(100);
    const client = lab.connect();
    await client.attach();
    await client.reaches(100);
    client.websocket.close(1000);
    run.emit(6 * MIB);
    trim(4 * MIB, 5 * MIB);
    const again = lab.connect();
    await again.attach({ haveUpTo: 100 });
    await again.reaches(run.head);
    expect(story(again)).toEqual([`gap 100-${5 * MIB} pruned`, `screen ${5 * MIB}, output ${5 * MIB}`]);
    const near = lab.connect();
    await near.attach({ haveUpTo: 4 * MIB + 1, clientId: 'near' });
    await near.reaches(run.head);
    expect([story(near), near.received]).toEqual([[], run.head - 4 * MIB - 1]);
  });

  it('gets it when it has been silent for longer than the log reaches back, and holds nobody up', async () => {
    const run = await lab.session.claim({ ringBytes: 256 * KIB });
    const slow = lab.connect({ acks: false });
    const fast = lab.connect();
    await slow.attach({ clientId: 'slow' });
    await fast.attach({ clientId: 'fast' });
    for (let i = 0; i < 96; i++) {
      run.emit(64 * KIB);
      await fast.reaches(run.head);
    }
    await slow.reaches(VIEWER_WINDOW - 64 * KIB);
    trim(4 * MIB, 5 * MIB);
    const behind = slow.at;
    while (slow.at < run.head) {
      const before = slow.at;
      slow.send({ type: 'ack', parsedUpTo: before });
      await slow.reaches(before + 1);
    }
    run.emit(10);
    slow.send({ type: 'ack', parsedUpTo: slow.at });
    await slow.reaches(run.head);
    expect(story(slow)).toEqual([`gap ${behind}-${5 * MIB} pruned`, `screen ${5 * MIB}, output ${5 * MIB}`]);
    expect(story(fast)).toEqual([]);
  });

  it('gets it of a session that is closed, before its state and 1000', async () => {
    const run = await lab.session.claim();
    run.emit(6 * MIB);
    trim(4 * MIB, 6 * MIB);
    run.say({ state: 'closed', closeReason: 'exited', exitCode: 0 });
    lab.session.record('exited', { status: 'closed', exitCode: 0 });
    await lab.session.kill();
    const client = lab.connect();
    await client.attach();
    expect(await client.closed()).toBe(1000);
    expect(story(client)).toEqual([`gap 0-${6 * MIB} pruned`, `screen ${6 * MIB}, output none`]);
    expect(client.frames.map(({ type }) => type)).toEqual(['attached', 'gap', 'screen', 'state']);
  });

  it('gets one screen for all runs before it', async () => {
    const first = await lab.session.claim();
    first.emit(500);
    await lab.session.kill();
    lab.session.record('host_lost', { status: 'suspended' });
    lab.session.queue();
    const second = await lab.session.claim({ ringBytes: 256 * KIB });
    second.emit(6 * MIB);
    trim(second.base + 4 * MIB, second.base + 5 * MIB);
    const client = lab.connect();
    await client.attach();
    await client.reaches(second.head);
    const at = second.base + 5 * MIB;
    expect(story(client)).toEqual([`gap 0-${at} pruned`, `screen ${at}, output ${at}`]);
    const after = lab.connect();
    await after.attach({ haveUpTo: 500, clientId: 'after' });
    await after.reaches(second.head);
    expect(story(after)).toEqual([`gap 500-${second.base} lost`, `gap ${second.base}-${at} pruned`, `screen ${at}, output ${at}`]);
  });

  it('gets a gap as ever where the log begins behind the newest screen', async () => {
    const run = await lab.session.claim({ ringBytes: 256 * KIB });
    run.emit(6 * MIB);
    trim(4 * MIB, 3 * MIB);
    const client = lab.connect();
    await client.attach();
    await client.reaches(run.head);
    expect(story(client)).toEqual([`gap 0-${4 * MIB} pruned`]);
  });
});
