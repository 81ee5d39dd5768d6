/** Superuser's URL of the Postgres that the test run has started. Throws when there is none. */
export function testServerUrl(): string {
  const url = process.env['BERTH_TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('BERTH_TEST_DATABASE_URL is not set: run the specs with npm test, which starts a Postgres');
  return url;
}
