// Why faults make no sense on a topology.

/** {fault: why} */
export const without = (why, ...faults) => Object.fromEntries(faults.map((fault) => [fault, why]));
