// @tensorflow/tfjs-backend-wasm (SIMD build): convolutions, matrix products, reductions and a step of training.
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const require = createRequire(import.meta.url)

export async function load() {
  const tf = require('@tensorflow/tfjs-core')
  const wasm = require('@tensorflow/tfjs-backend-wasm')
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/wasm-out/`)
  await tf.setBackend('wasm')
  await tf.ready()
  return tf
}

export async function task(tf) {
  const values = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7) * 2)
  const image = tf.tensor4d(values(1 * 40 * 40 * 8), [1, 40, 40, 8])
  const filter = tf.tensor4d(values(3 * 3 * 8 * 16), [3, 3, 8, 16])
  const conv = tf.relu(tf.conv2d(image, filter, 2, 'same'))
  const pooled = tf.avgPool(conv, 2, 2, 'valid')
  const flat = tf.reshape(pooled, [10, 160])
  const product = tf.matMul(flat, tf.tensor2d(values(160 * 32), [160, 32]))
  const soft = tf.softmax(tf.mul(product, 0.01))
  const top = tf.topk(soft, 3)
  const depthwise = tf.depthwiseConv2d(image, tf.tensor4d(values(3 * 3 * 8), [3, 3, 8, 1]), 1, 'valid')
  const resized = tf.image.resizeBilinear(image, [17, 23])
  const tensors = [
    conv,
    pooled,
    product,
    soft,
    top.values,
    top.indices,
    depthwise,
    resized,
    tf.cumsum(flat, 1),
    tf.exp(tf.mul(flat, 0.1)),
    tf.argMax(product, 1),
  ]
  return {
    backend: tf.getBackend(),
    simd: await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'),
    tensors: await Promise.all(tensors.map((t) => t.data())),
  }
}
