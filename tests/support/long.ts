/** Whether every combination is tried, as CI does: `npm test -- --long`. Otherwise some that stand for all. */
export const isLong = Boolean(process.env["TEST_LONG"]);
