/**
 * Node's `node:http`, asked for instead of imported: an import reads everything that a module of Node's exports, and here one of that
 * is a WebSocket client, with which all of undici is loaded. That is 6 MB in a process that never needs it.
 */
export const { createServer, request } = process.getBuiltinModule("node:http");
