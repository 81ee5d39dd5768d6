import type { SizeMark, TerminalSize } from '@berth/session';

/** What Redis returns for one stream entry: id and field-value list. */
export type RawEntry = [id: Buffer, fields: Buffer[]];

/** Field of an entry that holds output. */
const DATA_FIELD = 'b';
/** The terminal's size, `<cols>x<rows>`: of output when it was written, of a mark from then on. */
const SIZE_FIELD = 'z';
/** Field of a mark: the size until then. */
const BEFORE_FIELD = 'p';
/** Field of the one entry that seals a run. */
const SEAL_FIELD = 's';
/** Behind any mark that a run can ever make. */
const SEAL_SEQUENCE = Number.MAX_SAFE_INTEGER;

/** Fields of an entry as they are sent to Redis. */
export type Fields = (string | Buffer)[];

/** An entry of the log as the reader needs it. `output`: a stretch of output; `size` is absent in entries of earlier versions. */
export type LogEntry =
  { type: 'output'; offset: number; bytes: Buffer; size: TerminalSize | undefined } | ({ type: 'mark' } & SizeMark) | { type: 'seal' };

/** Place of an entry in its stream. */
export interface EntryPlace {
  offset: number;
  sequence: number;
}

/** Id of an entry. Within a run ids only grow, because ends of output do. */
export const idAt = ({ offset, sequence }: EntryPlace): string => `${String(offset)}-${String(sequence)}`;

/** Place of the entry whose bytes end at `end`. */
export const dataPlace = (end: number): EntryPlace => ({ offset: end, sequence: 0 });

/** Place of the seal of a run that has reserved offsets up to `limit`: behind everything that the run may still write. */
export const sealPlace = (limit: number): EntryPlace => ({ offset: limit, sequence: SEAL_SEQUENCE });

export const outputFields = (bytes: Uint8Array, size: TerminalSize): Fields => [
  DATA_FIELD,
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  SIZE_FIELD,
  sizeText(size),
];

export const markFields = ({ before, ...size }: SizeMark): Fields => [SIZE_FIELD, sizeText(size), BEFORE_FIELD, sizeText(before)];

export const SEAL_FIELDS: Fields = [SEAL_FIELD, ''];

export const isSeal = ([, fields]: RawEntry): boolean => fields[0]?.toString('latin1') === SEAL_FIELD;

/** The place that an id names. */
export function placeOf([id]: RawEntry): EntryPlace {
  const [offset, sequence] = id.toString('latin1').split('-');
  return { offset: Number(offset), sequence: Number(sequence) };
}

/** Undefined for an entry that a later version may write. */
export function toEntry(entry: RawEntry): LogEntry | undefined {
  if (isSeal(entry)) return { type: 'seal' };
  const place = placeOf(entry);
  const bytes = field(entry, DATA_FIELD);
  const size = toSize(field(entry, SIZE_FIELD));
  if (bytes) return { type: 'output', offset: place.offset - bytes.length, bytes, size };
  const before = toSize(field(entry, BEFORE_FIELD));
  return size && before ? { type: 'mark', ...place, ...size, before } : undefined;
}

function field([, fields]: RawEntry, name: string): Buffer | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at]?.toString('latin1') === name) return fields[at + 1];
  return undefined;
}

const sizeText = ({ cols, rows }: TerminalSize): string => `${String(cols)}x${String(rows)}`;

function toSize(text: Buffer | undefined): TerminalSize | undefined {
  const [, cols, rows] = /^(\d+)x(\d+)$/.exec(text?.toString('latin1') ?? '') ?? [];
  return cols === undefined ? undefined : { cols: Number(cols), rows: Number(rows) };
}
