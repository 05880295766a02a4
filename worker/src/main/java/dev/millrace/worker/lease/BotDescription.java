package dev.millrace.worker.lease;

import com.google.devtools.remoteworkers.v1test2.Device;
import com.google.devtools.remoteworkers.v1test2.Worker;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Map;

/**
 * What a bot says of itself when it asks for work.
 *
 * @param instance whose actions it runs, and those of the instances below
 * @param botId its name, which stays the same when it starts again
 * @param platform the platform properties that its actions find, each with all of its values
 * @param slots how many actions it runs at a time
 */
public record BotDescription(
    InstanceName instance, String botId, Map<String, List<String>> platform, int slots) {

  public BotDescription {
    platform = Map.copyOf(platform);
    if (botId.isBlank()) {
      throw new IllegalArgumentException("botId: must not be blank");
    }
    if (slots < 1) {
      throw new IllegalArgumentException("slots: at least one, not " + slots);
    }
  }

  Worker toProto() {
    Device.Builder device = Device.newBuilder().setHandle(botId);
    platform.forEach((key, values) ->
        values.forEach(value -> device.addPropertiesBuilder().setKey(key).setValue(value)));
    return Worker.newBuilder()
        .addDevices(device)
        .addConfigs(Worker.Config.newBuilder().setKey("capacity").setValue(Integer.toString(slots)))
        .addConfigs(Worker.Config.newBuilder().setKey("instances").setValue("below"))
        .build();
  }
}
