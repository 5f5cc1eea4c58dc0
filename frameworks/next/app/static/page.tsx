/** The same for everybody, so Next lets caches store it. */
export default function Page() {
  return <p>Static</p>
}
