// Ends a test run with one plain line of totals, for people and machines that read only the end.
export default class TotalsReporter {
  onTestRunEnd(modules) {
    const totals = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests())
        totals[test.result().state === 'pending' ? 'skipped' : test.result().state]++
      if (module.errors().length > 0) totals.failed++
    }
    process.on('exit', () => console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`))
  }
}
