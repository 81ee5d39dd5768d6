import type { Machine } from './machine.js';
import { judge, quartiles } from './statistics.js';
import type { Quartiles } from './statistics.js';
import type { Ratio, Sample } from './suite.js';

/** Samples of one round. */
export type Round = readonly Sample[];

const digits = (value: number): string => {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
};
const shown = ({ q25, median, q75 }: Quartiles): string => `${digits(median)} (${digits(q25)}-${digits(q75)})`;

const valueOf = (round: Round, metric: string, variant: string): number | undefined =>
  round.find((sample) => sample.metric === metric && sample.variant === variant)?.value;

/** Quartiles of the rounds' own ratios; undefined when one side is absent on this machine. */
export function ratioOf({ metric, of, to }: Ratio, rounds: readonly Round[]): Quartiles | undefined {
  const ratios = rounds.flatMap((round) => {
    const [above, below] = [valueOf(round, metric, of), to === undefined ? 1 : valueOf(round, metric, to)];
    return above === undefined || below === undefined ? [] : [above / below];
  });
  return ratios.length === 0 ? undefined : quartiles(ratios);
}

export const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The values of a suite: medians and quartiles over its rounds. */
export function valueTable(rounds: readonly Round[]): string {
  const keys = [...new Set(rounds.flat().map(({ metric, variant }) => JSON.stringify([metric, variant])))].toSorted();
  const rows = keys.map((key) => {
    const [metric, variant] = JSON.parse(key) as [string, string];
    return [metric, variant, shown(quartiles(rounds.flatMap((round) => valueOf(round, metric, variant) ?? [])))];
  });
  return table(['measured', 'of', 'median (quartiles)'], rows);
}

/** The ratios of a suite with their goals; `missed`: a goal that must hold does not. */
export function ratioTable(ratios: readonly Ratio[], rounds: readonly Round[]): { text: string; missed: number } {
  let missed = 0;
  const rows = ratios.map((ratio) => {
    const { title, goal } = ratio;
    const limit = (value: number) => `${goal?.sense === 'at least' ? '≥' : '≤'} ${value}`;
    const goals = goal ? [limit(goal.must), limit(goal.aim)] : ['', ''];
    const found = ratioOf(ratio, rounds);
    if (!found) return [title, 'absent', ...goals, ''];
    const verdict = judge(found, goal);
    if (verdict === 'missed') missed += 1;
    return [title, shown(found), ...goals, verdict === 'no goal' ? '' : verdict];
  });
  return { text: table(['ratio', 'median (quartiles)', 'must', 'aim', 'reached'], rows), missed };
}

export const machineLine = ({ commit, cpu, cores, memoryGiB, kernel, node, load }: Machine): string =>
  `commit ${commit}; ${cores} × ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; load before ${load.toFixed(2)}`;
