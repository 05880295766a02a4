package dev.millrace.execution;

import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.TeamShare;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How workers are shared among teams.
 *
 * @param ageing how long an action waits to become more urgent by one step of priority
 * @param teams teams that have another share than the rest, by name: instances up to their first
 *     slash
 */
@ConfigurationProperties(prefix = "millrace.execution.sharing")
record SharingProperties(@DefaultValue("1m") Duration ageing, @Nullable Map<String, Team> teams) {

  /**
   * The share of one team.
   *
   * @param weight a team of weight two runs twice as much as one of weight one
   * @param limit how many of its actions run at most; 0 if that is not limited
   */
  record Team(@DefaultValue("1") int weight, @DefaultValue("0") int limit) {

    TeamShare toShare() {
      return new TeamShare(weight, limit == 0 ? Integer.MAX_VALUE : limit);
    }
  }

  FairShare toFairShare() {
    Map<String, TeamShare> shares = new HashMap<>();
    if (teams != null) {
      teams.forEach((name, team) -> shares.put(name, team.toShare()));
    }
    return new FairShare(shares, TeamShare.EQUAL, ageing);
  }
}
