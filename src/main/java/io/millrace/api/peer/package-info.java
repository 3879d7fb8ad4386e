/** What nodes ask the controller for over the internal listener: both ends of it. */
package io.millrace.api.peer;
