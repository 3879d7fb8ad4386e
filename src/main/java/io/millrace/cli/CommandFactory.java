package io.millrace.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;

/**
 * Makes commands, with the {@link CliContext} for those that want it.
 *
 * <p>Owner: the command's thread.
 */
final class CommandFactory implements CommandLine.IFactory {
  private final CliContext context;

  CommandFactory(CliContext context) {
    this.context = context;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (constructor.getParameterCount() == 1
          && constructor.getParameterTypes()[0] == CliContext.class) {
        return type.cast(constructor.newInstance(context));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
