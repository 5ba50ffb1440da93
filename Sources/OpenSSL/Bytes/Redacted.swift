/// What holds secrets: a dump of it, or the words of a failed test, shows nothing of what is in it.
package protocol Redacted: CustomReflectable {}

extension Redacted {
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
