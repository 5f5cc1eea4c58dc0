const tsConfig = { compilerOptions: { exactOptionalPropertyTypes: true } }

export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  telemetry: false,
  routeRules: { '/cached': { swr: 60 } },
  typescript: { tsConfig, nodeTsConfig: tsConfig, sharedTsConfig: tsConfig },
  nitro: { typescript: { tsConfig } },
})
