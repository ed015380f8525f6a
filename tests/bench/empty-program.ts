/** What an executable of this runtime costs when it says one line and nothing else, in the cheapest way there is. */
await Bun.write(Bun.stdout, 'nothing\n');
