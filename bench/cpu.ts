/** Work in a window, with the processor time that this process (all its threads) spent on it. */
export interface Work {
  readonly count: number
  readonly cpuMs: number
  readonly wallMs: number
}

export async function measureWork(run: () => Promise<number>): Promise<Work> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const count = await run()
  const { user, system } = process.cpuUsage(cpu)
  return { count, cpuMs: (user + system) / 1000, wallMs: performance.now() - started }
}

/** How often in a second in which the process has a core for itself. */
export function perCoreSecond({ count, cpuMs }: Work): number {
  return cpuMs === 0 ? 0 : (count / cpuMs) * 1000
}

/** Keeps `lanes` closed loops busy for `ms`; each runs one piece of work after the other. Resolves with the pieces done. */
export async function closedLoops(
  lanes: number,
  ms: number,
  once: (lane: number) => Promise<unknown>,
): Promise<number> {
  const until = performance.now() + ms
  let count = 0
  const run = async (lane: number): Promise<void> => {
    while (performance.now() < until) {
      await once(lane)
      count++
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)))
  return count
}
