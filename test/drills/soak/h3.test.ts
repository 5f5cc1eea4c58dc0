import { h3Host } from '../../suites/adapters/hosts/h3.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(h3Host)
