// stockfish: the best move and the score at a fixed depth, in three positions.
import { createRequire } from 'node:module'

export const load = () => createRequire(import.meta.url)('stockfish')('lite-single')

const POSITIONS = [
  'position startpos moves e2e4 e7e5 g1f3',
  'position fen r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1',
  'position fen 8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1',
]

export async function task(engine) {
  const results = []
  const ask = (command, last) =>
    new Promise((resolve) => {
      const lines = []
      engine.listener = (line) => {
        lines.push(line)
        if (line.startsWith(last)) resolve(lines)
      }
      engine.sendCommand(command)
    })
  await ask('uci', 'uciok')
  for (const position of POSITIONS) {
    engine.sendCommand('ucinewgame')
    await ask('isready', 'readyok')
    engine.sendCommand(position)
    const lines = await ask('go depth 6', 'bestmove')
    const infos = lines
      .filter((line) => line.startsWith('info depth'))
      .map((line) => line.replace(/ (nps|time|hashfull) \d+/g, ''))
    results.push([infos.at(-1), lines.at(-1)])
  }
  return results
}
