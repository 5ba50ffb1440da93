import Foundation

/// What to try by hand while the demonstration is kept running.
enum Farewell {
    static func explain(_ world: World) {
        let at =
            "--cacert \(world.files.path("authority.pem")) "
            + "--connect-to \(World.host):443:127.0.0.1:\(world.home.gatewayPort)"
        print(
            """

            Still running; Ctrl-C ends it. Files: \(world.files.folder.path)

              curl \(at) https://\(World.host)/.well-known/ocm
              curl \(at) https://\(World.host)/ocm/jwks
              curl http://127.0.0.1:\(world.home.backendPort)/ocm-provider/      # the old server itself
              curl --proxy http://127.0.0.1:\(world.home.egressPort) --cacert \(world.files.egressAuthority) \\
                  https://\(world.modern.host)/ocm-provider/       # a strict server, as the old one sees it
              tail -f \(world.files.log)
              ocmgate peer probe \(world.modern.host) -c \(world.files.configuration)
              ocmgate share list -c \(world.files.configuration)
            """)
        // A file or a pipe would get it when the wait is over.
        fflush(nil)
    }
}
