/** What Redis returns for one stream entry: id and field-value list. */
export type RawEntry = [id: Buffer, fields: Buffer[]];

/** Field of an entry that holds output. */
export const DATA_FIELD = 'b';
/** Field of the one entry that seals a run. */
export const SEAL_FIELD = 's';

/** A stretch of output as the log has it. */
export interface LogSegment {
  /** Offset of the first byte. */
  offset: number;
  bytes: Buffer;
}

/** Id of the entry whose bytes end at `end`. Within a run ids only grow, because ends do. */
export const dataId = (end: number): string => `${String(end)}-0`;

/** Id of the seal of a run that has reserved offsets up to `limit`: behind every id that the run may still write. */
export const sealId = (limit: number): string => `${String(limit)}-1`;

/** End offset of a data entry; undefined for a seal. */
export function endOf([id]: RawEntry): number | undefined {
  const [end, sequence] = id.toString('latin1').split('-');
  return sequence === '0' ? Number(end) : undefined;
}

/** The output of a data entry; its start is its end minus its length. */
export function toSegment(entry: RawEntry): LogSegment | undefined {
  const end = endOf(entry);
  const bytes = entry[1][1];
  return end === undefined || bytes === undefined ? undefined : { offset: end - bytes.length, bytes };
}
