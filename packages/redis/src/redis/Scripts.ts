/** The Lua scripts. Redis runs each as one step, and measures all times by its own clock. */

/** A script; its keys come before its arguments. */
interface Script {
  readonly keys: number
  readonly lua: string
}

const script = (keys: number, lua: string): Script => ({ keys, lua })

/** Sets `now` to the time in milliseconds. */
const now = `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** All scripts by name. */
export const scripts = {
  /** Keys: text, lease, fence. Arguments: id that was seen, owner, lease. The fence outlives every holder of a lease. */
  visit: script(
    3,
    `${now}local text = redis.call("GET", KEYS[1])
if text and string.sub(text, 1, 16) ~= ARGV[1] then return {"Found", text, redis.call("PTTL", KEYS[1])} end
if not redis.call("SET", KEYS[2], ARGV[2], "NX", "PX", ARGV[3]) then return {"Held"} end
local fence = redis.call("INCR", KEYS[3])
redis.call("PEXPIRE", KEYS[3], 3600000)
return {"Granted", fence, now}`
  ),
  /** Key: text. */
  read: script(1, `return {redis.call("GET", KEYS[1]) or "", redis.call("PTTL", KEYS[1])}`),
  /** Key: lease. Arguments: owner, lease. */
  renew: script(1, `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end`),
  /** Key: lease. Argument: owner. */
  release: script(1, `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`),
  /** Keys: text, lease, fence. Arguments: owner, fence, text, time when it expires. */
  write: script(
    3,
    `if redis.call("GET", KEYS[2]) == ARGV[1] then redis.call("DEL", KEYS[2]) end
if redis.call("GET", KEYS[3]) ~= ARGV[2] then return 0 end
redis.call("SET", KEYS[1], ARGV[3], "PXAT", ARGV[4])
return 1`
  ),
  /** Key: text. Argument: id. */
  remove: script(
    1,
    `local text = redis.call("GET", KEYS[1])
if text and string.sub(text, 1, 16) == ARGV[1] then redis.call("DEL", KEYS[1]) end`
  ),
  /** Key: ids that were invalidated. Arguments: id, milliseconds. */
  announce: script(
    1,
    `${now}redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
redis.call("ZADD", KEYS[1], "GT", now + ARGV[2], ARGV[1])
redis.call("PEXPIREAT", KEYS[1], redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")[2])`
  ),
  /** Key: ids that were invalidated. It writes, so that a Redis that cannot be written counts as unavailable. */
  invalidated: script(
    1,
    `${now}redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
return redis.call("ZRANGEBYSCORE", KEYS[1], "(" .. now, "+inf")`
  ),
  /** Keys: places by the time when they end, mark that the owner has left. Arguments: owner, number of places, lease. */
  enter: script(
    2,
    `${now}if redis.call("EXISTS", KEYS[2]) == 1 then return 0 end
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
if redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[1], now + ARGV[3], ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1`
  ),
  /** Key: places. Arguments: owner, lease. A place that was returned does not come back. */
  stay: script(
    1,
    `${now}redis.call("ZADD", KEYS[1], "XX", now + ARGV[2], ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[2])`
  ),
  /** Key: places. Argument: owner. */
  leave: script(1, `redis.call("ZREM", KEYS[1], ARGV[1])`),
  /** Keys: places, mark that the owner has left. Arguments: owner, lease. The mark refuses an entry of this owner that arrives late. */
  revoke: script(
    2,
    `redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("SET", KEYS[2], "", "PX", ARGV[2])`
  ),
  /** Key: count of the window. Arguments: limit, window. Returns the milliseconds until the window ends, or 0 where one more was counted. */
  count: script(
    1,
    `local count = tonumber(redis.call("GET", KEYS[1]) or "0")
local left = redis.call("PTTL", KEYS[1])
if count == 0 or left < 0 then
  redis.call("SET", KEYS[1], 1, "PX", ARGV[2])
  return 0
end
if count >= tonumber(ARGV[1]) then return math.max(1, left) end
redis.call("INCR", KEYS[1])
return 0`
  ),
  /**
   * Keys: time until which the budget is spent, hold. Arguments: calls per minute, burst. Returns the
   * milliseconds until the next attempt, or 0 where one call was taken.
   */
  take: script(
    2,
    `${now}local held = redis.call("PTTL", KEYS[2])
if held > 0 then return held end
local interval = 60000 / ARGV[1]
local from = math.max(tonumber(redis.call("GET", KEYS[1]) or "0"), now)
local wait = from - (ARGV[2] - 1) * interval - now
if wait > 0 then return math.ceil(wait) end
local spent = from + interval
redis.call("SET", KEYS[1], string.format("%.3f", spent), "PX", math.ceil(spent - now))
return 0`
  ),
  /** Key: hold. Argument: milliseconds. A longer hold stays. */
  hold: script(
    1,
    `if redis.call("PTTL", KEYS[1]) < tonumber(ARGV[1]) then redis.call("SET", KEYS[1], "", "PX", ARGV[1]) end`
  )
} as const

/** The name of a script. */
export type Name = keyof typeof scripts
