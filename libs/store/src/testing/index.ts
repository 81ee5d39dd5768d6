export { createTestDatabase, type TestDatabase, type TestTenant } from './test-database.js';
