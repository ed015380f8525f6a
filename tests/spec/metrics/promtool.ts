/** What `promtool` objects to in what it reads; empty for nothing. */
export async function objectionsOf(text: string, ...command: readonly string[]): Promise<string> {
  const argv = command.length === 0 ? ['check', 'metrics'] : command;
  const child = Bun.spawn(['promtool', ...argv], { stdin: new Blob([text]), stdout: 'pipe', stderr: 'pipe' });
  const told = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  const code = await child.exited;
  return code === 0 ? told : `${code}: ${told}`;
}
