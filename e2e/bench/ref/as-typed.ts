/** node-pty writes buffers as they are; its types know strings alone. */
export const asTyped = (bytes: Buffer): string => bytes as unknown as string;
