import { machineLine, ratioTable, table, valueTable } from './report.js';
import type { SuiteRun } from './records.js';
import type { Suite } from './suite.js';

const HEAD = `# Benchmarks

How fast Berth is beside other ways to the same terminal, and what it costs. This page is made by a program from the samples of a run; do not edit it.

Machines are shared and noisy, so what counts is the ratio of two ways that were measured in the same round, one directly after the other in random
order. The table shows the median of the rounds' ratios and, in brackets, their quartiles. **must**: what has to hold; **aim**: where we are going. A
ratio whose quartiles are more than 1.5 apart is judged by the worse of them; it is *noisy* and gets no verdict when only the better one holds what must
hold. 99th percentiles are shown, and have no goal.
The load is that of the minute before a suite; above 1 others were at work on the machine, and what takes several processes suffers most.
`;

const REFERENCES = `## What Berth is compared to

Every way is a program of its own that is run beside the others on the same machine, those for Node.js under the options that \`npm start\` gives Berth.
The client is the same for all of them, and reads everything at once. Berth is one gateway and one worker as they are built, with a Postgres and a Redis, as in an installation: signed in, the session's lease
renewed, every byte logged, input applied once and in order.

| name                         | what it is                                                                                                                                                                                                                         |
| ---------------------------- | ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------- |
| single ws                    | one Node.js process with a WebSocket (\`ws\`) and \`node-pty\`: bytes as they come, no log, no second viewer, no protection from a slow one; the least that can be written (\`e2e/bench/ref/single-ws.ts\`)                               |
| single ws behind nginx       | the same behind Debian's nginx                                                                                                                                                                                                     |
| ttyd, ttyd behind nginx      | ttyd 1.7.7, a terminal server in C with libwebsockets; alone, and behind Debian's nginx, which makes two hops, as Berth has them                                                                                                    |
| berth over redis pub/sub     | Berth's own gateway and worker, unchanged, with the one TCP connection between them replaced by two Redis channels, one each way: frames, credit, coalescing, log, input sequences are the same (\`e2e/bench/ref/pubsub-link.ts\`) |
| berth without log            | Berth whose output log takes every byte and keeps none (a test flag)                                                                                                                                                               |
| socket.io room, client       | one socket.io server with the WebSocket transport, without compression; one room that everybody is in; also with the msgpack parser, which makes one frame of a message where socket.io's own makes two (\`e2e/bench/ref/socket-io-room.ts\`)                                                                   |
`;

const REPEAT = `## How to repeat

\`\`\`sh
BENCH_TTYD=/path/to/ttyd npm run bench -- --out samples.jsonl   # all suites, each with its own number of rounds
npm run bench -- --suite echo,throughput --rounds 5             # some of them
npm run bench -- --document samples.jsonl                       # makes this page
\`\`\`

nginx has to be installed. Without \`BENCH_TTYD\` its rows say absent. Nothing else should run on the machine. A file may hold several runs: the last
whole one of each suite counts.
`;

const minutes = (seconds: number): string => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

function section(run: SuiteRun, { about, ratios }: Suite): string {
  const { suite, machine, at, rounds, seconds = 0 } = run;
  const facts = `${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'} in ${minutes(seconds)} from ${at.slice(0, 16).replace('T', ' ')} UTC on; ${machineLine(machine)}.`;
  return `## ${suite}\n\n${about}\n\n${ratioTable(ratios, rounds).text}\n\n${valueTable(rounds)}\n\n${facts}\n`;
}

/** What must hold, all suites together, with where it stands. */
function summary(runs: readonly SuiteRun[], suites: Record<string, Suite>): string {
  const missed = runs.reduce((sum, run) => sum + ratioTable(suites[run.suite]?.ratios ?? [], run.rounds).missed, 0);
  const rows = runs.map(({ suite, machine, at, rounds }) => [
    suite,
    machine.commit,
    at.slice(0, 10),
    String(rounds.length),
    machine.load.toFixed(2),
  ]);
  const counted = missed === 1 ? '1 goal that must hold was missed.' : `${missed} goals that must hold were missed.`;
  const verdict = missed === 0 ? 'No goal that must hold was missed.' : counted;
  return `${verdict}\n\n${table(['suite', 'commit', 'date', 'rounds', 'load before'], rows)}\n`;
}

/** The page of the last runs, in the order of the suites. */
export function benchmarksDocument(runs: ReadonlyMap<string, SuiteRun>, suites: Record<string, Suite>): string {
  const shown = Object.keys(suites).flatMap((name) => runs.get(name) ?? []);
  const sections = shown.flatMap((run) => {
    const suite = suites[run.suite];
    return suite ? [section(run, suite)] : [];
  });
  return [HEAD, summary(shown, suites), ...sections, REFERENCES, REPEAT].join('\n');
}
