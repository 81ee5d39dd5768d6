/** Names of what is read from the server and is not a session, where more than one part has to know them. */
export const queryKeys = {
  me: ['me'],
  members: ['members'],
  modelSettings: ['model-settings'],
} as const;
