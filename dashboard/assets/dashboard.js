/** What pages do besides being read. They work without it: then nothing on them moves. */
export {};
