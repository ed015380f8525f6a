/** Preloaded into a child: says so when the process is ended by force instead of running out of things to do. */
const exit = process.exit.bind(process);
process.exit = (code?: number | string | null): never => {
  process.stderr.write('forced exit\n');
  return exit(code);
};
