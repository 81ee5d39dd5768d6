/** Schemas would try whether they may compile themselves, and the page's content-security policy would report the try. Imported before them. */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
