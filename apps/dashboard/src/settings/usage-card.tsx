import type { UsageRow } from '@berth/protocol';
import { useQuery } from '@tanstack/react-query';
import { useBerth } from '../app/berth-context.js';
import { Card } from '../ui/card.js';
import { messageOf } from '../ui/message-of.js';
import type { UsageDay, UsageSum } from './usage-sums.js';
import { byDay, short, sumOf, workTokens } from './usage-sums.js';

const DAYS = 30;
const COLUMNS: readonly [key: keyof UsageSum, label: string][] = [
  ['requests', 'Requests'],
  ['inputTokens', 'Input'],
  ['outputTokens', 'Output'],
  ['cacheReadTokens', 'Cache read'],
  ['cacheWriteTokens', 'Cache write'],
];
const dayFormat = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Tokens that the team's sessions used in the last 30 days. */
export function UsageCard() {
  const { api } = useBerth();
  const { data, error } = useQuery({ queryKey: ['usage'], queryFn: async () => (await api.call('listUsage')).items });
  return (
    <Card id="usage" title="Usage" description={`Tokens of the last ${DAYS} days, as the provider counted them. Days are UTC.`}>
      {error && !data && <p className="form-failure">{messageOf(error)}</p>}
      {data?.length === 0 && <p className="field-hint">Nothing yet. It appears here as soon as a session has asked a model.</p>}
      {data && data.length > 0 && <Usage rows={data} />}
    </Card>
  );
}

function Usage({ rows }: { rows: readonly UsageRow[] }) {
  const total = sumOf(rows);
  return (
    <>
      <dl className="usage-totals">
        {COLUMNS.map(([key, label]) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd title={total[key].toLocaleString('en')}>{short(total[key])}</dd>
          </div>
        ))}
      </dl>
      <Bars days={byDay(rows, Date.now(), DAYS)} />
      <div className="table-scroll" role="region" aria-label="Usage by day and model" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Model</th>
              {COLUMNS.map(([key, label]) => (
                <th key={key} scope="col" className="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.day} ${row.model}`}>
                <td>{dayFormat.format(new Date(row.day))}</td>
                <td className="code">{row.model}</td>
                {COLUMNS.map(([key]) => (
                  <td key={key} className="number" title={row[key].toLocaleString('en')}>
                    {short(row[key])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** How the days compare; the table has the numbers. */
function Bars({ days }: { days: readonly UsageDay[] }) {
  const most = Math.max(1, ...days.map(({ sum }) => workTokens(sum)));
  return (
    <figure className="bars" aria-hidden="true">
      <div className="bars-plot">
        {days.map(({ day, sum }) => (
          <span
            key={day}
            title={`${dayFormat.format(new Date(day))}: ${short(workTokens(sum))} tokens`}
            style={{ height: `${(workTokens(sum) / most) * 100}%` }}
          />
        ))}
      </div>
      <figcaption>
        <span>{dayFormat.format(new Date(days[0]?.day ?? 0))}</span>
        <span>Tokens a day, without cache reads</span>
        <span>today</span>
      </figcaption>
    </figure>
  );
}
