/** The moment of the test: what a worker knows is told in relation to it. */
export const NOW = Date.now();
