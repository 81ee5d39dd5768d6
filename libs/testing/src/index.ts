export { makeTls, type TestTls } from './certificates.js';
export { FakeClock, settle } from './fake-clock.js';
export { seededBytes, verifySeeded } from './seeded-bytes.js';
export { seededRandom, type SeededRandom } from './seeded-random.js';
export { tempDir, type TempDir } from './temp-dir.js';
export { waitFor } from './wait-for.js';
