/**
 * Frames between a gateway and a host: `u32 length | u8 type | u32 channel | body`, big-endian; length counts type, channel and body.
 * Channel 0 is the connection itself. A gateway numbers its channels from 1 and never uses a number again.
 *
 * Two sorts of channel belong to a session on one connection:
 * - a **viewer channel** (one for each attached viewer): OPEN, its catch-up output and the sizes in it, its input, CLOSE;
 * - the **live channel** (one for each session, named in OPEN): output from JOIN on, fanned out by the gateway; size and state.
 */
export const LINK_PROTOCOL = 3;

export const LINK_FRAME = {
  /** host → gateway, first frame: JSON {@link LinkChallenge}. */
  challenge: 1,
  /** gateway → host: JSON {@link LinkHello}. */
  hello: 2,
  /** host → gateway: JSON {@link LinkWelcome}. */
  welcome: 3,
  /** either: JSON {@link LinkRefusal}, then the connection ends. */
  refuse: 4,
  /** either: u32 token. */
  ping: 5,
  pong: 6,
  /** gateway → host, viewer channel: JSON {@link LinkOpen}. Answer: OPENED, NOT_OWNER or CLOSE; PROVE before OPENED when it would supersede another. */
  open: 10,
  /** host → gateway, viewer channel: JSON {@link LinkOpened}. Then OUTPUT… JOIN, or BEHIND. */
  opened: 11,
  /** host → gateway, viewer or live channel: u48 offset, bytes. */
  output: 12,
  /** host → gateway, viewer channel: u48 at. This viewer's output goes on in the live channel, whose next byte is `at`. */
  join: 13,
  /** host → gateway, viewer or live channel: u48 ringStart. The channel's next byte has left the ring: read the log to there, then RESUME (live channel: it is inactive, each of its viewers resumes). */
  behind: 14,
  /** gateway → host, viewer channel: u48 from, u32 credit. Catch up again from there; replaces the channel's credit. */
  resume: 15,
  /** gateway → host, viewer or live channel: u32 bytes that may be sent in addition. */
  credit: 16,
  /** gateway → host, live channel: u48 furthest offset that any of this gateway's viewers has parsed. Paces the program. */
  ack: 17,
  /** gateway → host, viewer channel: u32 inputSeq, bytes. */
  input: 18,
  /** host → gateway, viewer channel: u32 lastApplied. */
  inputAck: 19,
  /** host → gateway, viewer channel: u32 inputSeq, utf-8 code. */
  reject: 20,
  /**
   * gateway → host, viewer channel: u16 cols, u16 rows. host → gateway, either channel: the same, then u48 offset, u64 sequence: the size from that
   * place of the output on. One comes before the first OUTPUT of a catching up (sequence 0: before all changes there), then one at each change.
   */
  resize: 21,
  /** host → gateway, live channel: JSON run update. */
  state: 22,
  /** either, viewer channel: JSON {@link LinkClose}. */
  close: 23,
  /** host → gateway, viewer channel: this host does not run that session at that epoch. */
  notOwner: 24,
  /** host → gateway, viewer channel: another connection of this client is attached. Which is the newer? Answer: PROVEN, once this one's client has shown that it is there. */
  prove: 25,
  /** gateway → host, viewer channel: it is; the other one is superseded. */
  proven: 26,
} as const;

export type LinkFrameType = (typeof LINK_FRAME)[keyof typeof LINK_FRAME];

/** A frame larger than this ends the connection: the largest body is one OUTPUT or one INPUT. */
export const MAX_LINK_FRAME = 2 * 1024 * 1024;
