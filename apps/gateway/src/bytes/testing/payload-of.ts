/** What a whole WebSocket message of the server carries behind its header. */
export function payloadOf(message: Uint8Array): Uint8Array {
  const length = message[1] ?? 0;
  return message.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}
