/**
 * User ids of this test process alone. What a slot's user leaves behind is ended with his run, so two tests that ran at
 * the same time under the same uid would end each other's programs.
 */
export const ownBaseUid = 1_000_000 + (process.pid % 1_000_000) * 100;
