/** Loaded before the bridge (`node --import`): on SIGUSR2 its main thread stands still for 3 s, as a long computation would make it. */
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
})
