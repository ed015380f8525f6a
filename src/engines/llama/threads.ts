/**
 * How many threads to reckon with. The threads of llama.cpp wait for each other after every step by spinning, so one
 * that has no core of its own costs not a part but nearly all of the speed: measured on two cores with a little else to
 * do, two threads were fifteen times slower than one. So never more than the physical cores, whose second thread only
 * slows the first; never more than this process may use; and one core is left for everything else on the machine.
 */
export const threadsFor = (physicalCores: number, usableThreads: number): number =>
  Math.max(1, Math.min(physicalCores, usableThreads) - 1);
