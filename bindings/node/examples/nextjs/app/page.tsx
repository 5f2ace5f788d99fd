import type { Calls, FocusSession, User } from '@ignition/node'

import { me } from '@/lib/ignition'
import { completeFocus, completeItem, startFocus } from './actions'
import { Button } from './button'
import { Countdown } from './countdown'

export const dynamic = 'force-dynamic'

type Today = Calls['today.get']['output']
type Plan = NonNullable<Calls['plan.get']['output']['plan']>

async function load(person: User) {
  const [today, { session }, { plan }] = await Promise.all([
    person.today.get({ current_route: '/' }),
    person.focus.active(),
    person.plan.get(),
  ])
  return { today, session, plan }
}

/** Two columns would be two places to look at. There is one thing to do, and below it, quietly, the rest of the day. */
export default async function Page() {
  const { today, session, plan } = await load(await me())
  return (
    <main>
      <Head today={today} />
      {session ? <Running session={session} /> : <Next today={today} />}
      {plan && today.sections.daily_plan !== 'hidden' && <Agenda plan={plan} open={today.sections.daily_plan === 'visible'} />}
    </main>
  )
}

function Head({ today }: { today: Today }) {
  const date = new Date(`${today.local_date}T00:00:00Z`)
  const said = date.toLocaleDateString('en', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' })
  return (
    <header>
      <p>{said}</p>
      <h1>{today.greeting}</h1>
      {today.reduced_mode.active && today.reduced_mode.message && <p className="calm">{today.reduced_mode.message}</p>}
      {today.momentum.show && today.momentum.message && <p className="calm">{today.momentum.message}</p>}
    </header>
  )
}

function Running({ session }: { session: FocusSession }) {
  const running = session.status === 'active'
  return (
    <section className="card" aria-labelledby="now">
      <h2 id="now">{running ? 'In focus' : 'Paused'}</h2>
      <Countdown remaining={session.remaining_seconds ?? 0} whole={session.duration_seconds} running={running} />
      <form action={completeFocus}>
        <input type="hidden" name="id" value={session.id} />
        <Button className="main">I am done</Button>
      </form>
    </section>
  )
}

function Next({ today }: { today: Today }) {
  const { primary, focus_minutes, time_choices } = today.starter_block
  const minutes = primary.suggested_minutes ?? focus_minutes
  const others = time_choices.filter((choice) => choice !== minutes)
  return (
    <section className="card" aria-labelledby="next">
      <p className="label">Next</p>
      <h2 id="next">{primary.item_title ?? primary.label}</h2>
      <form action={startFocus}>
        <Button className="main" name="minutes" value={minutes}>
          Focus for {minutes} minutes
        </Button>
        {others.length > 0 && (
          <p className="or">
            or{' '}
            {others.map((choice) => (
              <Button key={choice} name="minutes" value={choice}>
                {choice}
              </Button>
            ))}{' '}
            minutes
          </p>
        )}
      </form>
    </section>
  )
}

function Agenda({ plan, open }: { plan: Plan; open: boolean }) {
  return (
    <details className="plan" open={open}>
      <summary>
        <span>Plan</span>
        <progress max={plan.total_count} value={plan.completed_count} aria-hidden="true" />
        <span className="number">
          {plan.completed_count} of {plan.total_count}
        </span>
      </summary>
      <ul>
        {plan.items.map((item) => (
          <li key={item.id} className={item.completed ? 'done' : undefined}>
            <form action={completeItem}>
              <input type="hidden" name="item" value={item.id} />
              <button type="submit" disabled={item.completed} aria-label={item.completed ? `${item.title}: done` : `Complete ${item.title}`}>
                {item.completed ? '✓' : ''}
              </button>
            </form>
            <span>{item.title}</span>
            {item.duration !== null && <span className="number">{item.duration} min</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}
