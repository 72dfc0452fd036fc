//! Stripe, played by two programs that know different halves of it: charges, cards that are declined and idempotency keys
//! by `stripe-stateful-mock`; payment intents, products, subscriptions and invoices by `localstripe`.

use serde_json::{Value, json};
use tenon_testkit::{CANARY, Emulator};

use super::story::Story;

fn begin(emulator: Emulator) -> Story {
    let field = format!("api_key=sk_test_{CANARY}");
    let fields = ["--auth", "keybased", "--field", &field];
    Story::begin(
        "stripe",
        emulator,
        &[("https://api.stripe.com", "{base}")],
        &fields,
    )
}

#[tokio::test]
#[ignore = "needs stripe-stateful-mock: run by `cargo xtask test`"]
async fn a_charge_is_made_once_and_a_declined_card_says_why() {
    let mut stripe = begin(Emulator::stripe_stateful_mock());
    let ada = json!({"email": "ada@example.com", "name": "Ada", "metadata": {"desk": "7"}});
    let ada = stripe.run("create_customer", ada).await;
    let read = stripe
        .run("get_customer", json!({"customer_id": ada["id"]}))
        .await;
    assert_eq!(
        (&read["email"], &read["metadata"]["desk"]),
        (&json!("ada@example.com"), &json!("7"))
    );
    let change =
        json!({"customer_id": ada["id"], "description": "Pays late", "metadata": {"desk": "8"}});
    stripe.run("update_customer", change).await;
    let listed = stripe.run("list_customers", json!({"limit": 10})).await;
    assert_eq!(listed["data"][0]["metadata"]["desk"], "8");

    let coal = stripe.run("create_product", json!({"name": "Coal"})).await;
    let read = stripe
        .run("get_product", json!({"product_id": coal["id"]}))
        .await;
    assert_eq!(read["name"], "Coal");
    a_charge(&mut stripe).await;
    let declined = json!({"amount": 500, "currency": "usd", "source": "tok_chargeDeclined"});
    let declined = stripe.try_run("create_charge", &[], declined).await;
    assert_eq!(
        (&declined["node_status"], &declined["http_status"]),
        (&json!("Failed"), &json!(402))
    );
    assert_eq!(
        (&declined["error"]["code"], &declined["error"]["retryable"]),
        (&json!("card_declined"), &json!(false)),
        "{declined}"
    );
    stripe.end(10).await;
}

async fn a_charge(stripe: &mut Story) {
    let charge =
        json!({"amount": 2000, "currency": "usd", "source": "tok_visa", "description": "Coal"});
    let made = stripe.run("create_charge", charge.clone()).await;
    assert_eq!(
        (&made["amount"], &made["paid"]),
        (&json!(2000), &json!(true))
    );
    stripe
        .run(
            "update_charge",
            json!({"charge_id": made["id"], "description": "Coke"}),
        )
        .await;
    let refund = json!({"charge": made["id"], "amount": 500, "reason": "requested_by_customer"});
    let refund = stripe.run("create_refund", refund).await;
    assert_eq!(
        (&refund["charge"], &refund["amount"]),
        (&made["id"], &json!(500))
    );

    let key = [("idempotency-key", "coal-1")];
    let first = stripe.try_run("create_charge", &key, charge.clone()).await;
    let second = stripe.try_run("create_charge", &key, charge).await;
    assert_eq!(first["data"]["id"], second["data"]["id"]);
    let listed = stripe.run("list_charges", json!({"limit": 10})).await;
    let listed = listed["data"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "the same key charges once");
    let mine = listed.iter().find(|one| one["id"] == made["id"]).unwrap();
    assert_eq!(
        (&mine["description"], &mine["amount_refunded"]),
        (&json!("Coke"), &json!(500))
    );
}

#[tokio::test]
#[ignore = "needs localstripe: run by `cargo xtask test`"]
async fn a_payment_is_taken_and_a_subscription_begins_and_ends() {
    let mut stripe = begin(Emulator::localstripe());
    let ada = stripe
        .run(
            "create_customer",
            json!({"email": "ada@example.com", "name": "Ada"}),
        )
        .await["id"]
        .clone();
    let read = stripe
        .run("get_customer", json!({"customer_id": ada}))
        .await;
    assert_eq!(read["name"], "Ada");
    stripe
        .run(
            "update_customer",
            json!({"customer_id": ada, "phone": "+15551234567"}),
        )
        .await;
    let listed = stripe
        .run("list_customers", json!({"email": "ada@example.com"}))
        .await;
    assert_eq!(listed["data"][0]["phone"], "+15551234567");
    a_product(&mut stripe).await;
    let card = json!({"type": "card", "card": {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}});
    let card = stripe
        .arrange(json!({"method": "POST", "url_path": "/payment_methods", "body": card}))
        .await["id"]
        .clone();
    let attach = format!("/payment_methods/{}/attach", card.as_str().unwrap());
    stripe
        .arrange(json!({"method": "POST", "url_path": attach, "body": {"customer": ada}}))
        .await;
    payments(&mut stripe, &ada, &card).await;
    a_subscription(&mut stripe, &ada, &card).await;
    let balance = stripe.run("get_balance", json!({})).await;
    assert_eq!(
        balance["available"]["amount"], 2000,
        "the program has no other: {balance}"
    );
    stripe.end(21).await;
}

async fn a_product(stripe: &mut Story) {
    let coal = json!({"name": "Coal", "description": "By the sack"});
    let coal = stripe.run("create_product", coal).await["id"].clone();
    stripe
        .run(
            "update_product",
            json!({"product_id": coal, "description": "By the ton"}),
        )
        .await;
    let read = stripe.run("get_product", json!({"product_id": coal})).await;
    assert_eq!(
        (&read["name"], &read["description"]),
        (&json!("Coal"), &json!("By the ton"))
    );
    let sold = stripe.run("list_products", json!({"active": true})).await;
    assert_eq!(sold["data"][0]["id"], coal);
}

/// One is reserved, confirmed and captured, one called off.
async fn payments(stripe: &mut Story, ada: &Value, card: &Value) {
    let intent =
        json!({"amount": 700, "currency": "usd", "customer": ada, "capture_method": "manual"});
    let intent = stripe.run("create_payment_intent", intent).await;
    assert_eq!(intent["status"], "requires_payment_method");
    let id = json!({"payment_intent_id": intent["id"]});
    let note = json!({"payment_intent_id": intent["id"], "payment_method": card, "metadata": {"order": "7"}});
    stripe.run("update_payment_intent", note).await;
    let reserved = stripe.run("confirm_payment_intent", id.clone()).await;
    assert_eq!(reserved["status"], "requires_capture");
    stripe.run("capture_payment_intent", id.clone()).await;
    let read = stripe.run("get_payment_intent", id).await;
    assert_eq!(
        (&read["status"], &read["metadata"]["order"]),
        (&json!("succeeded"), &json!("7"))
    );

    let other = json!({"amount": 900, "currency": "usd", "customer": ada});
    let other = stripe.run("create_payment_intent", other).await["id"].clone();
    let canceled = stripe
        .run("cancel_payment_intent", json!({"payment_intent_id": other}))
        .await;
    assert_eq!(canceled["status"], "canceled");
    let all = stripe
        .run("list_payment_intents", json!({"limit": 10}))
        .await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2, "{all}");
    let charges = stripe.run("list_charges", json!({"customer": ada})).await;
    assert_eq!(charges["data"][0]["payment_intent"], intent["id"]);
}

/// The program knows subscriptions to plans alone, so it is made by hand.
async fn a_subscription(stripe: &mut Story, ada: &Value, card: &Value) {
    let pays = json!({"invoice_settings": {"default_payment_method": card}});
    let pays = json!({"customer_id": ada, "additional_fields": pays});
    stripe.run("update_customer", pays).await;
    let plan = json!({"id": "monthly", "amount": 500, "currency": "usd", "interval": "month", "product": {"name": "Coal"}});
    stripe
        .arrange(json!({"method": "POST", "url_path": "/plans", "body": plan}))
        .await;
    let subscription = json!({"customer": ada, "items": [{"plan": "monthly"}]});
    let id = stripe
        .arrange(json!({"method": "POST", "url_path": "/subscriptions", "body": subscription}))
        .await["id"]
        .clone();
    let active = stripe
        .run("list_subscriptions", json!({"customer": ada}))
        .await;
    assert_eq!(
        (&active["data"][0]["id"], &active["data"][0]["status"]),
        (&id, &json!("active"))
    );
    let invoices = stripe
        .run("list_invoices", json!({"subscription": id}))
        .await;
    assert_eq!(invoices["data"][0]["amount_paid"], 500);
    let ending = json!({"subscription_id": id, "cancel_at_period_end": true});
    let ending = stripe.run("update_subscription", ending).await;
    assert_eq!(ending["cancel_at_period_end"], true);
    let ended = stripe
        .run("cancel_subscription", json!({"subscription_id": id}))
        .await;
    assert_eq!(ended["status"], "canceled");
}
