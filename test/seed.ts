/** Property tests run the same cases each time; `FC_SEED=7 npm test` explores others. A failure prints its seed either way. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_121) })
